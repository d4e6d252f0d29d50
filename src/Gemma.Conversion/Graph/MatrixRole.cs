namespace Gemma.Conversion.Graph;

/// <summary>What a matrix is for, which decides how exactly it is stored.</summary>
internal enum MatrixRole
{
    /// <summary>A projection of a layer.</summary>
    Projection,

    /// <summary>The embedding or the lm_head.</summary>
    LmHead,

    /// <summary>A small projection whose errors weigh more than its bytes: integers have 8 bits.</summary>
    Fine,

    /// <summary>A matrix of an expert, which only some tokens go through: calibration sees too little of it.</summary>
    Expert,
}

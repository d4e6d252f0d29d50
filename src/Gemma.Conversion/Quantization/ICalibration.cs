namespace Gemma.Conversion.Quantization;

/// <summary>What is known about the values that weights multiply.</summary>
internal interface ICalibration
{
    /// <summary>The quantizers for weights that multiply a value.</summary>
    /// <param name="input">The value's name in the graph.</param>
    /// <param name="width">Its features.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    IRowQuantizerFactory Open(string input, int width, CancellationToken cancellationToken);
}

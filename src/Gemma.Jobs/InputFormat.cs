using System.Text.Json.Serialization;

namespace Gemma.Jobs;

/// <summary>What a file of records is.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<InputFormat>))]
internal enum InputFormat
{
    /// <summary>A JSON object a line.</summary>
    JsonLines,

    /// <summary>Values between separators, with a header.</summary>
    Csv,

    /// <summary>Apache Parquet.</summary>
    Parquet,
}

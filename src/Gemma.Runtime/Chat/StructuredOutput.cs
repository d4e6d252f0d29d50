using Gemma.Runtime.Inputs;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Chat;

/// <summary>Names of the settings of structured output in <see cref="ChatOptions.AdditionalProperties"/>; each is a bool.</summary>
public static class StructuredOutput
{
    /// <summary>
    /// Whether a response format's schema is also told to the model, in short words in front of the conversation. The model does not know it otherwise, and is
    /// only kept from breaking it.
    /// </summary>
    /// <value>The property's default is true.</value>
    public const string SchemaInPrompt = "schema_in_prompt";

    /// <summary>
    /// Whether keywords of a schema that cannot be enforced are left out, with a warning in the log, instead of refusing the request with a
    /// <see cref="GemmaSchemaException"/>.
    /// </summary>
    /// <value>The property's default is false.</value>
    public const string IgnoreUnenforcedKeywords = "ignore_unenforced_keywords";

    /// <summary>Reads one of the settings.</summary>
    /// <exception cref="ArgumentException">The value is no bool.</exception>
    internal static bool Read(ChatOptions options, string name, bool defaultValue) =>
        LooseProperties.Flag(options.AdditionalProperties, name, nameof(ChatOptions)) ?? defaultValue;
}

using Gemma.Json;

namespace Gemma.Tokenization.Files;

/// <summary>Reads one added token as tokenizer.json and tokenizer_config.json write it.</summary>
internal static class AddedTokenReader
{
    /// <summary>Reads a token whose id is known.</summary>
    /// <exception cref="InvalidModelException">It has no content, or asks for stripping or word boundaries.</exception>
    public static AddedToken Read(JsonSection section, int id)
    {
        var content = section.Text("content");
        if (string.IsNullOrEmpty(content)) throw section.Error("content", "the text of the token is missing");
        foreach (var flag in (ReadOnlySpan<string>)["lstrip", "rstrip", "single_word"])
        {
            if (section.Flag(flag, false)) throw section.Error(flag, $"true (token '{content}') is not supported; no Gemma token has it");
        }

        return new AddedToken(id, content, section.Flag("special", false), section.Flag("normalized", false));
    }
}

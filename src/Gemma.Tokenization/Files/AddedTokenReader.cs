using Gemma.Json;
using Gemma.Tokenization.BytePairs;

namespace Gemma.Tokenization.Files;

/// <summary>Reads one added token as tokenizer.json, tokenizer_config.json and special_tokens_map.json write it.</summary>
internal static class AddedTokenReader
{
    /// <summary>Reads a token.</summary>
    /// <param name="section">The object.</param>
    /// <param name="id">Its id.</param>
    /// <param name="special">Whether it is special where the file does not say.</param>
    /// <exception cref="InvalidModelException">It has no content.</exception>
    public static AddedToken Read(JsonSection section, int id, bool special = false)
    {
        var content = section.Text("content");
        if (string.IsNullOrEmpty(content)) throw section.Error("content", "the text of the token is missing");
        special = section.Flag("special", special);
        return new AddedToken(id, content, special, section.Flag("normalized", false))
        {
            StripsLeft = section.Flag("lstrip", false),
            StripsRight = section.Flag("rstrip", false),
            IsSingleWord = section.Flag("single_word", false),
        };
    }
}

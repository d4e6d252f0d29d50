using System.Text;

namespace Gemma.Fuzz.Mutations;

/// <summary>Rearranges a text by its words and signs, and puts in what readers of such texts stumble over.</summary>
internal static class TextMutator
{
    /// <summary>One to eight changes.</summary>
    public static byte[] Mutate(Random random, byte[] seed, IReadOnlyList<string> snippets)
    {
        var text = new StringBuilder(Encoding.UTF8.GetString(seed));
        for (var changes = 1 << random.Next(4); changes > 0; changes--)
        {
            var at = random.Next(text.Length + 1);
            var length = random.Next(Math.Min(text.Length - at, 40) + 1);
            switch (random.Next(6))
            {
                case 0: text.Remove(at, length); break;
                case 1: text.Insert(random.Next(text.Length + 1), text.ToString(at, length)); break;
                case 2: text.Insert(at, string.Concat(Enumerable.Repeat(snippets[random.Next(snippets.Count)], 1 << random.Next(9)))); break;
                case 3 when text.Length > 0: text[random.Next(text.Length)] = (char)random.Next(128); break;
                case 4: text.Insert(at, (char)random.Next(char.MaxValue)); break;
                default: text.Insert(at, snippets[random.Next(snippets.Count)]); break;
            }
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }
}

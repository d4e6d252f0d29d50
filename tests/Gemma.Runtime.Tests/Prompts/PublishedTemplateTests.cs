using Gemma.Runtime.Prompts;
using Gemma.Runtime.Tests.Prompts.Jinja;
using Gemma.Tests;

namespace Gemma.Runtime.Tests.Prompts;

/// <summary>The typed form of the published texts is the fast path: it must give what interpreting them gives.</summary>
public sealed class PublishedTemplateTests
{
    private const int Conversations = 5_000;

    private static readonly string[] Roles = ["user", "assistant", "system", "model", "tool"];
    private static readonly string[] Snippets = ["Hi", " ", "\n", "\u001F", "\u200B", "<end_of_turn>", "<start_of_turn>user\n", "<bos>", "{{ x }}", "ß", "日本",
        "😀", "'", "\"", "\\n", "a b", "<start_of_image>", ""];

    [Theory]
    [InlineData("gemma-2-it", "gemma1")]
    [InlineData("gemma-3-it", "gemma3")]
    public void Render_RandomConversations_TypedAndInterpretedAreEqual(string name, string typedName)
    {
        var source = TemplateGoldens.Template(name);
        var typed = ChatTemplates.Find(source);
        Assert.Equal(typedName, typed?.Name);
        AssertEqual(typed!, source, allowParts: typedName == "gemma3");
    }

    [Theory]
    [InlineData("gemma1")]
    [InlineData("gemma3")]
    public void Render_TemplateByName_IsTheTypedOne(string name) =>
        AssertEqual(name == "gemma1" ? ChatTemplates.Gemma1 : ChatTemplates.Gemma3, PublishedTemplates.Find(name)!, allowParts: name == "gemma3");

    private static void AssertEqual(IChatTemplate typed, string source, bool allowParts)
    {
        var interpreted = ChatTemplates.Parse(source, TemplateTokenizers.With("<start_of_image>"));
        var random = new Random(20);
        List<string> differences = [];
        var rendered = 0;
        for (var i = 0; i < Conversations; i++)
        {
            var turns = Conversation(random, allowParts);
            var prompt = random.Next(2) == 0;
            var (left, right) = (Render(typed, turns, prompt), Render(interpreted, turns, prompt));
            if (left is not null) rendered++;
            if (left is null ? right is not null : right is null || !Joined(left).SequenceEqual(Joined(right)))
                differences.Add($"{string.Join(" | ", turns)}: {Text(left)} but {Text(right)}");
        }

        TokenizerSource.AssertNone(differences, Conversations);
        Assert.InRange(rendered, Conversations / 4, Conversations - 100);
    }

    private static ChatTurn[] Conversation(Random random, bool allowParts)
    {
        var turns = new ChatTurn[random.Next(1, 8)];
        var hasSystem = random.Next(4) == 0;
        for (var i = 0; i < turns.Length; i++)
        {
            var role = random.Next(20) == 0
                ? Roles[random.Next(Roles.Length)]
                : i == 0 && hasSystem ? "system" : (hasSystem ? i - 1 : i) % 2 == 0 ? "user" : "assistant";
            turns[i] = new ChatTurn(role, Content(random));
            if (!allowParts || random.Next(4) != 0) continue;
            turns[i] = turns[i] with
            {
                Parts = [.. Enumerable.Range(0, random.Next(1, 4))
                    .Select(_ => random.Next(4) == 0 && role != "system" ? new ChatTurnPart("image") : new ChatTurnPart("text", Content(random)))],
            };
        }

        return turns;
    }

    private static string Content(Random random) => string.Concat(Enumerable.Range(0, random.Next(5)).Select(_ => Snippets[random.Next(Snippets.Length)]));

    private static IReadOnlyList<PromptPart>? Render(IChatTemplate template, ChatTurn[] turns, bool prompt)
    {
        try
        {
            return template.Render(turns, prompt);
        }
        catch (ChatTemplateException)
        {
            return null;
        }
    }

    // Where plain text is cut into parts does not matter.
    private static List<PromptPart> Joined(IReadOnlyList<PromptPart> parts)
    {
        List<PromptPart> joined = [];
        foreach (var part in parts.Where(part => part.Text.Length > 0))
        {
            if (!part.IsControl && joined is [.., { IsControl: false } last]) joined[^1] = last with { Text = last.Text + part.Text };
            else joined.Add(part);
        }

        return joined;
    }

    private static string Text(IReadOnlyList<PromptPart>? parts) =>
        parts is null ? "an error" : string.Concat(parts.Select(part => part.IsControl ? $"«{part.Text}»" : part.Text));
}

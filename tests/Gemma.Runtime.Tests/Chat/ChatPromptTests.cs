using System.Text;
using System.Text.Json;
using Gemma.Runtime.Inputs;
using Gemma.Runtime.Prompts;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Tests.Chat;

public sealed class ChatPromptTests
{
    private static readonly DataContent Image = new(new byte[400], "image/png");

    [Fact]
    public void Create_RolesInOtherCases_AreTheSame()
    {
        var turns = ChatPrompt.Create([new(new ChatRole("System"), "s"), new(new ChatRole("User"), "u"), new(new ChatRole("ASSISTANT"), "a"),
            new(new ChatRole("Developer"), "d")], null, []);
        Assert.Equal(["system", "user", "assistant", "system"], turns.Select(turn => turn.Role));
    }

    [Fact]
    public void Create_TextFile_IsRead()
    {
        var file = new DataContent(Encoding.UTF8.GetBytes("name: Grüße"), "application/json");
        Assert.Equal("Read this: name: Grüße",
            Assert.Single(ChatPrompt.Create([new(ChatRole.User, [new TextContent("Read this: "), file])], null, [])).Content);
    }

    [Fact]
    public void Create_ContentsThatCannotBeRead_AreRefusedOrTold()
    {
        AIContent[] contents = [Image, new UriContent("https://example.com/a.mp3", "audio/mpeg"), new HostedFileContent("file-1")];
        string[] names = ["image/png", "audio/mpeg", "file-1"];
        foreach (var (content, name) in contents.Zip(names))
        {
            ChatMessage[] inMessage = [new(ChatRole.User, [new TextContent("What is this? "), content])];
            ChatMessage[] inResult = [new(ChatRole.User, "go"), new(ChatRole.Assistant, [new FunctionCallContent("1", "f")]),
                new(ChatRole.Tool, [new FunctionResultContent("1", new List<AIContent> { new TextContent("see "), content })])];
            foreach (var messages in (ChatMessage[][])[inMessage, inResult])
            {
                Assert.Contains(name, Assert.Throws<NotSupportedException>(() => ChatPrompt.Create(messages, null, [])).Message, StringComparison.Ordinal);
                var told = string.Concat(ChatPrompt.Create(messages, null, [], UnreadableContentHandling.Describe).Select(turn => turn.Content));
                Assert.Contains(name, told, StringComparison.Ordinal);
                Assert.Contains("not readable by this model]", told, StringComparison.Ordinal);
                Assert.DoesNotContain("AAAA", told, StringComparison.Ordinal);
            }
        }

        Assert.Contains("[image/png, 400 bytes, not readable by this model]",
            ChatPrompt.Create([new(ChatRole.User, [Image])], null, [], UnreadableContentHandling.Describe)[0].Content, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_SeveralAuthorsOfOneRole_AreToldApart()
    {
        ChatMessage[] group = [new(ChatRole.User, "Write.") { AuthorName = "Ann" }, new(ChatRole.Assistant, "Draft.")
        {
            AuthorName = "Writer",
        }, new(ChatRole.User, "Judge."), new(ChatRole.Assistant, "Too long.") { AuthorName = "Critic" }];
        Assert.Equal(["Write.", "Writer: Draft.", "Judge.", "Critic: Too long."], ChatPrompt.Create(group, null, []).Select(turn => turn.Content));
    }

    [Fact]
    public void Read_TemplateOptions_TakesDictionariesAndJsonAndRefusesOthers()
    {
        foreach (var value in (object[])[new Dictionary<string, object?>
        {
            ["enable_thinking"] = true,
            ["n"] = 3,
        }, JsonDocument.Parse("""{"enable_thinking": true, "n": 3}""").RootElement])
        {
            var options = ChatTemplateOptions.Read(new ChatOptions
            {
                AdditionalProperties = new() { ["chat_template_kwargs"] = value, ["continue_final_message"] = true, ["chat_template"] = "rag" },
            });
            Assert.True(options.Variables["enable_thinking"].GetBoolean());
            Assert.Equal(3, options.Variables["n"].GetInt32());
            Assert.True(options.ContinueFinalMessage);
            Assert.Equal("rag", options.TemplateName);
        }

        foreach (var key in (string[])["chat_template_kwargs", "continue_final_message", "chat_template"])
            Assert.Contains(key,
                Assert.Throws<ArgumentException>(() => ChatTemplateOptions.Read(new ChatOptions { AdditionalProperties = new() { [key] = 5.5 } })).Message,
                StringComparison.Ordinal);
    }
}

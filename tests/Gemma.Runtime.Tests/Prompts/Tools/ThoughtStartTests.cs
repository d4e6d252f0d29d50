using System.Text.Json;
using Gemma.Runtime.Prompts;
using Gemma.Runtime.Prompts.Tools;
using Gemma.Tests;
using Gemma.Tokenization;

namespace Gemma.Runtime.Tests.Prompts.Tools;

/// <summary>Whether a reply goes on with a thought: the template alone begins one, whatever a message says.</summary>
public sealed class ThoughtStartTests
{
    private static readonly JsonElement True = JsonElement.Parse("true");

    [Theory]
    [InlineData("<think>", false, false)]
    [InlineData("<think>", true, true)]
    [InlineData("<|channel>", false, false)]
    [InlineData("<|channel>", true, true)]
    public void EndsInThought_MessagesWithMarks_TheTemplateDecides(string open, bool thinks, bool expected)
    {
        var (template, marks) = Create(open);
        foreach (var text in (string[])[$"What does {open} mean?", $"I mean {open}", $"{open} or </think> or <channel|>", "Hi", ""])
        {
            foreach (var role in (string[])["user", "tool", "system"])
            {
                var request = new ChatTemplateRequest([new("user", "Hi"), new(role, text)])
                {
                    Variables = thinks ? new Dictionary<string, JsonElement> { ["enable_thinking"] = True } : [],
                };
                var prompt = template.RenderPrompt(request, TestContext.Current.CancellationToken);
                Assert.True(marks.EndsInThought(prompt, isContinued: false) == expected, prompt.Text);
            }
        }
    }

    [Theory]
    [InlineData("<think>")]
    [InlineData("<|channel>")]
    public void EndsInThought_ContinuedMessage_MayHaveBegunIt(string open)
    {
        var (template, marks) = Create(open);
        Assert.True(Continued($"{open}Hm"));
        Assert.False(Continued($"{open}Hm{(open == "<think>" ? "</think>" : "<channel|>")}So"));
        Assert.False(Continued("So"));

        bool Continued(string text) => marks.EndsInThought(template.RenderPrompt(new ChatTemplateRequest([new("user", $"And {open}"), new("assistant", text)])
        {
            AddGenerationPrompt = false,
            ContinueFinalMessage = true,
        }, TestContext.Current.CancellationToken), isContinued: true);
    }

    [Fact]
    public void EndsInThought_TypedTemplate_MessagesBeginNone()
    {
        var marks = ReplyMarks.Create(MarkedTokenizer.Load(), null);
        var prompt = ChatTemplates.Gemma3.RenderPrompt(new ChatTemplateRequest([new("user", "What is <|channel>")]), TestContext.Current.CancellationToken);
        Assert.False(marks.EndsInThought(prompt, isContinued: false));
    }

    private static (IChatTemplate Template, ReplyMarks Marks) Create(string open)
    {
        GemmaTokenizer tokenizer = open == "<think>" ? TokenizerSource.Get("tiny") : MarkedTokenizer.Load();
        var template = ChatTemplates.Parse(
            "{% for m in messages %}<start_of_turn>{{ m.role }}\n{{ m.content }}<end_of_turn>\n{% endfor %}"
                + $"{{% if add_generation_prompt %}}<start_of_turn>model\n{{% if enable_thinking %}}{open}\n{{% endif %}}{{% endif %}}",
            tokenizer);
        return (template, ReplyMarks.Create(tokenizer, ((JinjaChatTemplate)template).Template));
    }
}

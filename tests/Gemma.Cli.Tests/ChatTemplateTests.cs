using System.Text.Json;
using System.Text.Json.Nodes;
using Gemma.Tests;

namespace Gemma.Cli.Tests;

/// <summary>Checkpoints that bring a chat template of their own: it matters for messages only.</summary>
public sealed class ChatTemplateTests : IDisposable
{
    private const string ChatML =
        "{{ bos_token }}{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content | trim }}<|im_end|>\n{% endfor %}{% if "
            + "add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

    private readonly string _folder = Directory.CreateTempSubdirectory("gemma-template-").FullName;

    private string Package => Path.Combine(_folder, "package");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Convert_ChatMLFineTune_ChatsClassifiesAndEmbeds()
    {
        var (exitCode, _, error) = await ConvertAsync(ChatML, "--head", Path.Combine(SharedData.RepositoryRoot, "samples", "models", "topics"));
        Assert.True(exitCode == 0 && !error.Contains("warning", StringComparison.Ordinal), error);

        const string Messages =
            """[{"role": "user", "content": "Hello!"}, {"role": "assistant", "content": " Hi <|im_end|> "}, {"role": "user", "content": "What is the capital of France?"}]""";
        var rendered = (await RunAsync($$"""{"messages": {{Messages}}, "add_generation_prompt": true}""", "tokenize", "--template"))[0];
        Assert.Equal(
            "<bos><|im_start|>user\nHello!<|im_end|>\n<|im_start|>assistant\nHi <|im_end|><|im_end|>\n<|im_start|>user\nWhat is the capital of "
                + "France?<|im_end|>\n<|im_start|>assistant\n",
            rendered.GetProperty("text").GetString());
        Assert.Equal(["messages[0].role", "messages[0].content", "messages[1].role", "messages[1].content", "messages[2].role", "messages[2].content"],
            rendered.GetProperty("spans").EnumerateArray().Select(span => span.GetProperty("source").GetString()));

        // The slots of Gemma's turn tokens; the one that the assistant wrote stays text.
        var ids = rendered.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()).ToArray();
        Assert.Equal([2, 106, 107, 106, 107, 106, 107, 106], ids.Where(id => id is 2 or 106 or 107));

        var answers = await RunAsync($$"""{"messages": {{Messages}}}""" + "\n"
            + $$"""{"options": {"eos_token_id": [1, 107]}, "ids": [{{string.Join(',', ids)}}]}""", "generate", "--max-new-tokens", "8");
        Assert.Equal(answers[1].GetProperty("ids").GetRawText(), answers[0].GetProperty("ids").GetRawText());
        Assert.Equal(ids.Length, answers[0].GetProperty("usage").GetProperty("prompt_tokens").GetInt32());

        var other = Path.Combine(_folder, "published");
        Assert.Equal(0,
            (await GemmaCommand.RunAsync(["convert", TinyGemma.Checkpoint, "--output", other, "--precision", "fp32", "--head",
                Path.Combine(SharedData.RepositoryRoot, "samples", "models", "topics")])).ExitCode);
        foreach (var command in (string[])["embed", "classify"])
        {
            const string Line = """{"text": "Hello there"}""";
            Assert.Equal((await GemmaCommand.RunAsync([command, other, "--json"], Line)).Output,
                (await GemmaCommand.RunAsync([command, Package, "--json"], Line)).Output);
        }

        Assert.Equal(0, (await GemmaCommand.RunAsync(["classify", Package, "--json"], $$"""{"messages": {{Messages}}}""")).ExitCode);
        Assert.Contains("the checkpoint's own",
            (await GemmaCommand.RunAsync(["info", Package, "--json"])).Output.Replace("\\u0027", "'", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Convert_TemplateThatCannotBeParsed_WarnsAndRefusesMessagesOnly()
    {
        var (exitCode, _, error) = await ConvertAsync("{{ bos_token }}{% for m in messages %}{{ m.content }}");
        Assert.Equal(0, exitCode);
        Assert.Contains("chat_template, line 1", error, StringComparison.Ordinal);
        Assert.Equal(0, (await GemmaCommand.RunAsync(["generate", Package, "--json", "--max-new-tokens", "2"], """{"prompt": "The capital"}""")).ExitCode);
        Assert.Equal(0, (await GemmaCommand.RunAsync(["embed", Package, "--json"], """{"text": "The capital"}""")).ExitCode);
        Assert.Equal(0, (await GemmaCommand.RunAsync(["score", Package, "--json"], """{"text": "The capital"}""")).ExitCode);
        var refused = await GemmaCommand.RunAsync(["generate", Package, "--json"], """{"messages": [{"role": "user", "content": "Hi"}]}""");
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("chat_template, line 1", refused.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gemma3", "<bos><start_of_turn>user\nS\n\nU<end_of_turn>\n")]
    [InlineData("{{ messages | length }}{% if false %}{% endif %}", "2")]
    public async Task Convert_OtherTemplate_ReplacesTheCheckpoints(string template, string expected)
    {
        var (exitCode, _, error) = await ConvertAsync(ChatML, "--chat-template", template);
        Assert.True(exitCode == 0, error);
        var rendered = await RunAsync("""{"messages": [{"role": "system", "content": "S"}, {"role": "user", "content": "U"}]}""", "tokenize", "--template");
        Assert.Equal(expected, rendered[0].GetProperty("text").GetString());
    }

    [Fact]
    public async Task Convert_NoTemplate_LeavesItOut()
    {
        Assert.Equal(0, (await ConvertAsync(ChatML, "--no-chat-template")).ExitCode);
        var refused = await GemmaCommand.RunAsync(["generate", Package, "--json"], """{"messages": [{"role": "user", "content": "Hi"}]}""");
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("chat template", refused.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("tokenizer files", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tokenize_Template_RendersAllThatTransformersTakes()
    {
        CopyTokenizer(
            "{{ bos_token }}{{ strftime_now('%d %B %Y') }}|{{ tools[0].function.name if tools }}|{{ documents[0].text if documents }}|{{ mood }}{% for m in "
                + "messages %}|{{ m.content }}{% if m.role == 'critic' %}{{ raise_exception('No critics') }}{% endif %}{% endfor %}");
        var (exitCode, output, error) = await GemmaCommand.RunAsync(
            ["tokenize", Package, "--template", "--json"],
            """{"messages": [{"role": "user", "content": "Hi"}], "tools": [{"type": "function", "function": {"name": "f"}}], "documents": [{"text": "D"}], "kwargs": {"mood": "merry", "bos_token": "<s>"}, "now": "2026-01-15T09:05:07"}"""
            + "\n" + """{"messages": [{"role": "user", "content": null}, {"role": "assistant", "content": "One, "}], "continue_final_message": true, "now": "2026-01-15"}"""
            + "\n" + """{"messages": [{"role": "critic", "content": "Hi"}]}""");
        Assert.Equal((0, string.Empty), (exitCode, error));
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        Assert.Equal("<s>15 January 2026|f|D|merry|Hi", lines[0].GetProperty("text").GetString());
        Assert.Equal(["tools[0].function.name", "documents[0].text", "mood", "messages[0].content"],
            lines[0].GetProperty("spans").EnumerateArray().Select(span => span.GetProperty("source").GetString()));
        Assert.Equal("<bos>15 January 2026||||None|One, ", lines[1].GetProperty("text").GetString());
        Assert.Equal("No critics", lines[2].GetProperty("error").GetString());
        Assert.Equal((2, string.Empty),
            (await GemmaCommand.RunAsync(["tokenize", Package, "--template", "--json"], """{"messages": [], "tool": []}""")) is var (code, text, _)
                ? (code, text)
                : default);
    }

    [Fact]
    public async Task Generate_PrefixAndSuffix_FillsTheMiddleAndWarnsOfTokensInText()
    {
        CopyCheckpoint(null, ("<unused60>", "<|fim_prefix|>"), ("<unused61>", "<|fim_middle|>"), ("<unused62>", "<|fim_suffix|>"));
        Assert.Equal(0, (await GemmaCommand.RunAsync(["convert", Path.Combine(_folder, "checkpoint"), "--output", Package, "--precision", "fp32"])).ExitCode);
        var lines = await RunAsync(
            """{"prefix": "def f(", "suffix": ")"}""" + "\n" + """{"ids": [2, 67, 593, 4021, 499, 4075, 69, 4074, 68]}""" + "\n"
                + """{"prompt": "<|fim_prefix|>def f(<|fim_suffix|>)<|fim_middle|>", "recognize_control_tokens": true}""",
            "generate",
            "--max-new-tokens",
            "4");
        Assert.Equal(lines[1].GetProperty("ids").GetRawText(), lines[0].GetProperty("ids").GetRawText());
        Assert.Equal(lines[1].GetProperty("ids").GetRawText(), lines[2].GetProperty("ids").GetRawText());
        var plain = await GemmaCommand.RunAsync(["generate", Package, "--json", "--max-new-tokens", "2"], """{"prompt": "<start_of_turn>def f("}""");
        Assert.Equal(0, plain.ExitCode);
        Assert.Contains("recognize_control_tokens", plain.Error, StringComparison.Ordinal);
        Assert.Empty(
            (await GemmaCommand.RunAsync(["generate", Package, "--json", "--max-new-tokens", "2"], """{"prompt": "a < b and c > d: <b>bold</b>"}""")).Error);
    }

    private async Task<(int ExitCode, string Output, string Error)> ConvertAsync(string template, params string[] arguments)
    {
        CopyCheckpoint(template, ("<start_of_turn>", "<|im_start|>"), ("<end_of_turn>", "<|im_end|>"));
        return await GemmaCommand.RunAsync(["convert", Path.Combine(_folder, "checkpoint"), "--output", Package, "--precision", "fp32", .. arguments]);
    }

    private async Task<JsonElement[]> RunAsync(string input, string command, params string[] arguments)
    {
        var (exitCode, output, error) = await GemmaCommand.RunAsync([command, Package, "--json", .. arguments], input);
        Assert.True(exitCode == 0, error);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
    }

    private void CopyTokenizer(string template)
    {
        Directory.CreateDirectory(Package);
        foreach (var name in (string[])["tokenizer.json", "tokenizer_config.json"])
            File.Copy(Path.Combine(TinyGemma.Checkpoint, name), Path.Combine(Package, name));
        File.WriteAllText(Path.Combine(Package, "chat_template.jinja"), template);
    }

    // As fine-tunes are made: tokens renamed, tokenizer.model left behind.
    private void CopyCheckpoint(string? template, params (string Old, string New)[] tokens)
    {
        var target = Directory.CreateDirectory(Path.Combine(_folder, "checkpoint")).FullName;
        foreach (var name in (string[])["config.json", "generation_config.json", "model.safetensors"])
            File.Copy(Path.Combine(TinyGemma.Checkpoint, name), Path.Combine(target, name));
        foreach (var name in (string[])["tokenizer.json", "tokenizer_config.json"])
        {
            var text = File.ReadAllText(Path.Combine(TinyGemma.Checkpoint, name));
            foreach (var (old, renamed) in tokens) text = text.Replace($"\"{old}\"", $"\"{renamed}\"", StringComparison.Ordinal);
            var json = JsonNode.Parse(text)!.AsObject();
            if (name == "tokenizer_config.json" && template is not null) json["chat_template"] = template;
            foreach (var token in json["added_tokens"]?.AsArray() ?? [])
                token!["special"] = token["special"]!.GetValue<bool>() || Array.Exists(tokens, renamed => renamed.New == token["content"]!.GetValue<string>());
            File.WriteAllText(Path.Combine(target, name), json.ToJsonString());
        }
    }
}

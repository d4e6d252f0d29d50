using Gemma.Conversion.Packaging;
using Gemma.Runtime.Models;
using Gemma.Tests;
using Microsoft.Extensions.Logging;

namespace Gemma.Conversion.Tests.Packaging;

/// <summary>What a checkpoint's small files cannot mean is told when it is converted, not when a request fails.</summary>
public sealed class CheckpointSettingsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gemma-settings-").FullName;

    private string Checkpoint => Path.Combine(_folder, "checkpoint");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task ConvertAsync_SettingOutOfRange_Warns()
    {
        Write("generation_config.json", """{"do_sample": true, "temperature": -1}""");
        Assert.Contains(await ConvertAsync(), message => message.Contains("generation_config.json: temperature: -1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ConvertAsync_EndTokenBeyondVocabulary_WarnsAndOpens()
    {
        Write("generation_config.json", """{"eos_token_id": [1, 400000], "min_new_tokens": 3}""");
        Assert.Contains(await ConvertAsync(), message => message.Contains("eos_token_id: the model has no token 400000", StringComparison.Ordinal));
        var package = await ModelPackage.OpenAsync(Path.Combine(_folder, "package"), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(1, package.EosTokenIds[0]);
        Assert.DoesNotContain(400000, package.EosTokenIds);
    }

    [Theory]
    [InlineData("generation_config.json", """{"temperature": "hot"}""", "checkpoint/generation_config.json: temperature")]
    [InlineData("special_tokens_map.json", "version https://git-lfs.github.com/spec/v1\n", "checkpoint/special_tokens_map.json: this is a Git LFS pointer")]
    [InlineData("chat_template.jinja", "version https://git-lfs.github.com/spec/v1\n", "checkpoint/chat_template.jinja: this is a Git LFS pointer")]
    [InlineData("model.safetensors", "Entry not found", "checkpoint/model.safetensors: this is not the file but a text ('Entry not found')")]
    public async Task ConvertAsync_FileThatIsNone_IsRefusedByItsName(string name, string content, string words)
    {
        Write(name, content);
        Assert.Contains(words, (await Assert.ThrowsAsync<InvalidModelException>(ConvertAsync)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ConvertAsync_TokensWithoutEmbedding_WarnsWithTheirNames()
    {
        var config = File.ReadAllText(Path.Combine(TinyGemma.Checkpoint, "tokenizer_config.json"));
        Write("tokenizer_config.json",
            config.Replace("\"added_tokens_decoder\": {", "\"added_tokens_decoder\": {\"4096\": {\"content\": \"[PAD]\", \"special\": true},",
                StringComparison.Ordinal));
        Write("config.json",
            File.ReadAllText(Path.Combine(TinyGemma.Checkpoint, "config.json"))
                .Replace("\"pad_token_id\": 0", "\"pad_token_id\": 4096", StringComparison.Ordinal));
        Assert.Contains(await ConvertAsync(), message => message.Contains("'[PAD]' (4096)", StringComparison.Ordinal));
    }

    private void Write(string name, string content)
    {
        if (!Directory.Exists(Checkpoint))
        {
            Directory.CreateDirectory(Checkpoint);
            foreach (var file in Directory.EnumerateFiles(TinyGemma.Checkpoint)) File.Copy(file, Path.Combine(Checkpoint, Path.GetFileName(file)));
        }

        File.WriteAllText(Path.Combine(Checkpoint, name), content);
    }

    private async Task<List<string>> ConvertAsync()
    {
        var log = new Warnings();
        await new CheckpointConverter(log)
            .ConvertAsync(Checkpoint, Path.Combine(_folder, "package"), new ConversionOptions
            {
                Precision = ModelPrecision.Fp32,
            }, cancellationToken: TestContext.Current.CancellationToken);
        return log.Messages;
    }

    private sealed class Warnings : ILogger
    {
        public List<string> Messages { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel)) Messages.Add(formatter(state, exception));
        }
    }
}

using Gemma.Conversion.Checkpoints.Gguf;
using Gemma.Conversion.Inspection;
using Gemma.Conversion.Tests.Packaging;
using Gemma.Runtime.Models;
using Gemma.Runtime.Prompts;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gemma.Conversion.Tests.Checkpoints.Gguf;

/// <summary>A file's chat templates are its own wherever they are asked for, and without one its architecture's.</summary>
public sealed class GgufTemplateTests : IDisposable
{
    private const string Own = "{{ messages[0].content }}<end_of_turn>";
    private const string Tools = "{{ tools | length }}<end_of_turn>";

    private readonly string _folder = Directory.CreateTempSubdirectory("gguf-template-").FullName;

    private string Model => Path.Combine(_folder, "model.gguf");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("gemma", "gemma1")]
    [InlineData("gemma2", "gemma1")]
    [InlineData("gemma3", "gemma3")]
    public async Task ConvertAsync_FileWithoutTemplate_HasItsArchitectures(string architecture, string name)
    {
        SmallGguf.Create(architecture).AddTokenizer().Write(Model);
        await using var package = await ConvertedPackage.CreateAsync(Model, new ConversionOptions { Precision = ModelPrecision.Fp32 });
        Assert.Equal(PublishedTemplates.Find(name), ChatTemplateFiles.Read(Path.Combine(package.Folder, "package"))!.Texts[ChatTemplateFiles.DefaultName]);
        Assert.Equal(PublishedTemplates.Find(name), GgufModel.LoadTokenizer(Model).Templates!.Texts[ChatTemplateFiles.DefaultName]);
        Assert.Equal(name, (await InspectAsync()).ChatTemplate);
    }

    [Fact]
    public async Task InspectAsync_FileBesideAnothersFiles_DescribesItsOwnTemplates()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "tokenizer_config.json"), """{"chat_template": 7}""", TestContext.Current.CancellationToken);
        SmallGguf.Create().AddTokenizer().Set("tokenizer.chat_template", Own).Set("tokenizer.chat_template.tool_use", Tools).Write(Model);
        Assert.Equal(["default: the checkpoint's own", "tool_use: the checkpoint's own"], (await InspectAsync()).ChatTemplate!.Split(", ").Order());
    }

    [Fact]
    public async Task LoadTokenizer_NamedTemplates_AreThoseOfTheConvertedPackage()
    {
        SmallGguf.Create().AddTokenizer().Set("tokenizer.chat_template", Own).Set("tokenizer.chat_template.tool_use", Tools).Write(Model);
        var (tokenizer, templates) = GgufModel.LoadTokenizer(Model);
        await using var package = await ConvertedPackage.CreateAsync(Model, new ConversionOptions { Precision = ModelPrecision.Fp32 });
        Assert.Equal(ChatTemplateFiles.Read(Path.Combine(package.Folder, "package"))!.Texts.OrderBy(text => text.Key),
            templates!.Texts.OrderBy(text => text.Key));
        Assert.Equal("tool_use", FolderTemplates.Of(Model, templates, tokenizer).ChooseName(hasTools: true, null));
    }

    [Fact]
    public async Task ConvertAsync_ManyRowsWithoutToken_IsNoOthersTokenizer()
    {
        const int Many = SmallGguf.Rows + 1100;
        SmallGguf.Create(rows: Many).AddTokenizer(Many).Write(Model);
        await using var package = await ConvertedPackage.CreateAsync(Model, new ConversionOptions { Precision = ModelPrecision.Fp32 });
        Assert.Equal(SmallGguf.Rows, Gemma.Tokenization.GemmaTokenizer.Load(Path.Combine(package.Folder, "package")).VocabularySize);
    }

    private Task<ModelSummary> InspectAsync() =>
        CheckpointInspector.InspectAsync(Model, context: null, verify: false, NullLogger.Instance, TestContext.Current.CancellationToken);
}

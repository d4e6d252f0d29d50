using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;

namespace Gemma.SemanticKernel.Tests.ChatCompletion;

/// <summary>Settings: conversion, cloning, freezing, names.</summary>
public sealed class GemmaPromptExecutionSettingsTests
{
    [Fact]
    public void FromExecutionSettings_NullAndOwn_AreDefaultsAndTheSame()
    {
        Assert.Null(GemmaPromptExecutionSettings.FromExecutionSettings(null).Temperature);
        var own = new GemmaPromptExecutionSettings();
        Assert.Same(own, GemmaPromptExecutionSettings.FromExecutionSettings(own));
    }

    [Fact]
    public void FromExecutionSettings_ExtensionData_IsReadLeniently()
    {
        var behavior = FunctionChoiceBehavior.Auto();
        var settings = GemmaPromptExecutionSettings.FromExecutionSettings(new PromptExecutionSettings
        {
            ServiceId = "s",
            ModelId = "m",
            FunctionChoiceBehavior = behavior,
            ExtensionData = new Dictionary<string, object>
            {
                ["temperature"] = "0.5",
                ["top_k"] = 7,
                ["max_tokens"] = JsonDocument.Parse("12").RootElement,
                ["stop_sequences"] = new[] { "x" },
                ["seed"] = long.MaxValue,
            },
        });
        Assert.Equal((0.5f, 7, 12, long.MaxValue), (settings.Temperature, settings.TopK, settings.MaxTokens, settings.Seed));
        Assert.Equal(["x"], settings.StopSequences!);
        Assert.Equal(("s", "m"), (settings.ServiceId, settings.ModelId));
        Assert.Same(behavior, settings.FunctionChoiceBehavior);
    }

    [Fact]
    public void FromExecutionSettings_BoxedValuesOfAnyType_AreRead()
    {
        var settings = GemmaPromptExecutionSettings.FromExecutionSettings(new PromptExecutionSettings
        {
            ExtensionData = new Dictionary<string, object>
            {
                ["temperature"] = 0.5,
                ["top_p"] = 0.25f,
                ["min_p"] = 0.1m,
                ["top_k"] = (short)7,
                ["max_tokens"] = 12.0,
                ["seed"] = 3L,
                ["stop_sequences"] = new List<object> { "x", "y" },
                ["response_format"] = new Dictionary<string, object> { ["type"] = "text", ["list"] = new object[] { 1, "a", 2.5 } },
                ["bad_words_ids"] = new object[] { new object[] { 5, 6L }, new List<int> { 7 } },
                ["somebody_elses"] = new Action(() => { }),
            },
        });
        Assert.Equal((0.5f, 0.25f, 0.1f, 7, 12, 3L), (settings.Temperature, settings.TopP, settings.MinP, settings.TopK, settings.MaxTokens, settings.Seed));
        Assert.Equal(["x", "y"], settings.StopSequences!);
        Assert.Equal("""{"type":"text","list":[1,"a",2.5]}""", Assert.IsType<JsonElement>(settings.ResponseFormat).GetRawText());
        Assert.Equal([[5, 6], [7]], settings.ToRequest().Config!.BadWordsIds!);
    }

    [Theory]
    [InlineData("Temperature", -1)]
    [InlineData("TopP", -1)]
    [InlineData("TopK", -3)]
    [InlineData("RepetitionPenalty", 0)]
    [InlineData("MaxTokens", 0)]
    public void ToRequest_ValueOutOfRange_NamesTheProperty(string property, int value)
    {
        var settings = new GemmaPromptExecutionSettings { Temperature = 1 };
        var target = typeof(GemmaPromptExecutionSettings).GetProperty(property)!;
        target.SetValue(settings,
            Convert.ChangeType(value, Nullable.GetUnderlyingType(target.PropertyType)!, System.Globalization.CultureInfo.InvariantCulture));
        var error = Assert.ThrowsAny<Exception>(() => settings.ToRequest());
        Assert.True(error is ArgumentOutOfRangeException or Gemma.InvalidGenerationConfigException, error.ToString());
        Assert.StartsWith(property, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FromExecutionSettings_WrongType_NamesTheKey()
    {
        var settings = new PromptExecutionSettings { ExtensionData = new Dictionary<string, object> { ["top_k"] = "many" } };
        Assert.Contains("top_k", Assert.Throws<ArgumentException>(() => GemmaPromptExecutionSettings.FromExecutionSettings(settings)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Clone_EveryProperty_IsCopied()
    {
        var settings = new GemmaPromptExecutionSettings
        {
            Temperature = 1,
            TopP = 0.5f,
            TopK = 2,
            MinP = 0.1f,
            RepetitionPenalty = 1.5f,
            FrequencyPenalty = 0.3f,
            PresencePenalty = 0.4f,
            MaxTokens = 3,
            Seed = 4,
            StopSequences = ["a"],
            ChatSystemPrompt = "b",
            ResponseFormat = JsonDocument.Parse("\"text\"").RootElement,
            ServiceId = "c",
            ModelId = "d",
            ExtensionData = new Dictionary<string, object> { ["e"] = 1 },
        };
        settings.Freeze();
        var clone = Assert.IsType<GemmaPromptExecutionSettings>(settings.Clone());
        Assert.False(clone.IsFrozen);
        Assert.Equal(JsonSerializer.Serialize(settings), JsonSerializer.Serialize(clone));
        foreach (var property in typeof(GemmaPromptExecutionSettings).GetProperties()
            .Where(property => property.DeclaringType == typeof(GemmaPromptExecutionSettings))) Assert.NotNull(property.GetValue(clone));
        clone.StopSequences!.Add("more");
        Assert.Single(settings.StopSequences!);
    }

    [Fact]
    public void ResponseFormat_Forms_AreRead()
    {
        Assert.Null(SettingsResponseFormat.Read(null));
        Assert.Equal(ChatResponseFormat.Text, SettingsResponseFormat.Read("text"));
        Assert.Equal(ChatResponseFormat.Json, SettingsResponseFormat.Read(JsonElement.Parse("\"json_object\"")));
        var type = Assert.IsType<ChatResponseFormatJson>(SettingsResponseFormat.Read(typeof(Numbers)));
        Assert.Equal(255, type.Schema!.Value.GetProperty("properties").GetProperty("b").GetProperty("maximum").GetInt32());
        Assert.Equal("base64", type.Schema!.Value.GetProperty("properties").GetProperty("data").GetProperty("contentEncoding").GetString());
        var settings = JsonSerializer.SerializeToElement(new GemmaPromptExecutionSettings { ResponseFormat = typeof(Numbers) });
        Assert.Equal(JsonValueKind.Object, settings.GetProperty("response_format").ValueKind);
        foreach (var wrong in (object[])["yaml", 3, new object(), JsonElement.Parse("[1]")])
            Assert.Throws<ArgumentException>(() => SettingsResponseFormat.Read(wrong));
        Assert.Contains("'yaml'", Assert.Throws<ArgumentException>(() => SettingsResponseFormat.Read("yaml")).Message, StringComparison.Ordinal);
    }

    private sealed record Numbers(byte B, uint? U, byte[] Data);

    [Fact]
    public void Freeze_ThenSet_Throws()
    {
        var settings = new GemmaPromptExecutionSettings { StopSequences = ["a"] };
        settings.Freeze();
        Assert.Throws<InvalidOperationException>(() => settings.Temperature = 1);
        Assert.Throws<NotSupportedException>(() => settings.StopSequences!.Add("b"));
    }
}

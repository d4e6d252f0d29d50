using Microsoft.Extensions.Options;

namespace Gemma.SemanticKernel;

/// <summary>Checks what an attribute cannot say.</summary>
internal sealed class GemmaOptionsRules : IValidateOptions<GemmaOptions>
{
    public ValidateOptionsResult Validate(string? name, GemmaOptions options)
    {
        var prefix = string.IsNullOrEmpty(name) ? string.Empty : name + ".";
        List<string> failures = [];
        if (options.ModelPath.Length > 0 && !Directory.Exists(options.ModelPath) && !File.Exists(options.ModelPath)) failures.Add($"{prefix}ModelPath: '{options.ModelPath}' does not exist; give a model package or a Hugging Face checkpoint folder.");
        if (!Enum.IsDefined(options.Device)) failures.Add($"{prefix}Device: '{options.Device}' is not one of Cpu, Cuda and Auto.");
        if (options.Engine is { } engine && !Enum.IsDefined(engine)) failures.Add($"{prefix}Engine: '{engine}' is not one of OnnxRuntime and GenAI.");
        if (!Enum.IsDefined(options.Conversion.Precision)) failures.Add($"{prefix}Conversion.Precision: '{options.Conversion.Precision}' is not a precision.");
        if (options.UnloadAfter is { } idle && idle <= TimeSpan.Zero) failures.Add($"{prefix}UnloadAfter: {idle} is not a positive time.");
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}

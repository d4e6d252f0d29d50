using Gemma.Conversion;
using Gemma.Runtime.Models;
using Microsoft.Extensions.Options;

namespace Gemma.SemanticKernel.Hosting;

/// <summary>Checks what an attribute cannot say.</summary>
internal sealed class GemmaOptionsRules : IValidateOptions<GemmaOptions>
{
    // A timer takes no more than 49 days.
    private static readonly TimeSpan ShortestIdle = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestIdle = TimeSpan.FromDays(49);

    public ValidateOptionsResult Validate(string? name, GemmaOptions options)
    {
        var prefix = string.IsNullOrEmpty(name) ? string.Empty : name + ".";
        List<string> failures = [];
        if (ModelLocation.Problem(nameof(options.ModelPath), options.ModelPath, options.ModelRevision, options.Hub) is { } problem)
            failures.Add(prefix + problem);
        if (options.DraftModelPath is { } draft && ModelLocation.Problem(nameof(options.DraftModelPath), draft, null, options.Hub) is { } noDraft)
            failures.Add(prefix + noDraft);
        if (options.Hub.MaxParallelFiles is < 1 or > 16) failures.Add($"{prefix}Hub.MaxParallelFiles: {options.Hub.MaxParallelFiles} is not between 1 and 16.");
        if (!Enum.IsDefined(options.UnreadableContent))
            failures.Add($"{prefix}UnreadableContent: '{options.UnreadableContent}' is not one of Refuse and Describe.");
        if (options.Conversion.Precision is { } precision && !Enum.IsDefined(precision))
            failures.Add($"{prefix}Conversion.Precision: '{options.Conversion.Precision}' is not a precision.");
        if (options.Conversion.Prefill is { } prefill && !(Enum.IsDefined(prefill) && PrecisionTraits.Of(prefill).IsForPrompts))
        {
            failures.Add(
                $"{prefix}Conversion.Prefill: '{prefill}' is not {PrecisionTraits.Values(row => row.IsForPrompts)}, the one precision of graphs for prompts.");
        }
        if (options.Conversion.LoraPath is { } adapter && !Directory.Exists(adapter) && !File.Exists(adapter))
            failures.Add($"{prefix}Conversion.LoraPath: '{adapter}' does not exist; give a folder with a LoRA adapter as PEFT saves it, or a GGUF file.");
        foreach (var head in options.Conversion.Heads)
        {
            if (string.IsNullOrEmpty(head) || !Directory.Exists(HeadSource.Parse(head).Path))
                failures.Add($"{prefix}Conversion.Heads: '{head}' is not a folder with a head, nor 'folder=name'.");
        }

        if (options.ToolFormat is { } format && !Enum.IsDefined(format))
            failures.Add($"{prefix}ToolFormat: '{format}' is not one of Gemma, Python, Hermes and Template.");
        if (options.MaxQueueWait <= TimeSpan.Zero) failures.Add($"{prefix}MaxQueueWait: {options.MaxQueueWait} is not positive.");
        if (options.UnloadAfter is { } idle && (idle < ShortestIdle || idle > LongestIdle))
            failures.Add($"{prefix}UnloadAfter: {idle} is not between {ShortestIdle} and {LongestIdle}.");
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}

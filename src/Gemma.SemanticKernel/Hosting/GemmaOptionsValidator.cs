using Microsoft.Extensions.Options;

namespace Gemma.SemanticKernel.Hosting;

/// <summary>Checks the ranges of <see cref="GemmaOptions"/>; generated, so that it needs no reflection.</summary>
[OptionsValidator]
internal sealed partial class GemmaOptionsValidator : IValidateOptions<GemmaOptions>;

using Microsoft.Extensions.Options;

namespace Gemma.Runtime.Engines;

/// <summary>Checks the ranges of <see cref="EngineOptions"/>; generated, so that it needs no reflection.</summary>
[OptionsValidator]
internal sealed partial class EngineOptionsValidator : IValidateOptions<EngineOptions>;

using Microsoft.Extensions.Options;

namespace Gemma.Router;

/// <summary>Checks the options' attributes; generated at build time.</summary>
[OptionsValidator]
internal sealed partial class GemmaRouterOptionsValidator : IValidateOptions<GemmaRouterOptions>;

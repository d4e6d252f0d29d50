using Microsoft.Extensions.Options;

namespace Gemma.Server;

/// <summary>Checks the options' attributes; generated at build time.</summary>
[OptionsValidator]
internal sealed partial class GemmaServerOptionsValidator : IValidateOptions<GemmaServerOptions>;

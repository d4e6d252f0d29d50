using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Filters;

/// <summary>A test.</summary>
/// <param name="run">The rendering.</param>
/// <param name="value">What is tested.</param>
/// <param name="arguments">The other arguments.</param>
internal delegate bool Test(RenderRun run, JinjaValue value, CallArguments arguments);

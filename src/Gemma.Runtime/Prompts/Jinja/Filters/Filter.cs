using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Filters;

/// <summary>A filter.</summary>
/// <param name="run">The rendering.</param>
/// <param name="value">What is filtered.</param>
/// <param name="arguments">The other arguments.</param>
internal delegate JinjaValue Filter(RenderRun run, JinjaValue value, CallArguments arguments);

using Gemma.Json;

namespace Gemma.Runtime.Models.Architecture;

/// <summary>Reads the keys of rotary embeddings, in the spellings of transformers 4 and 5.</summary>
internal static class RotaryKeys
{
    private const double DefaultTheta = 10000;

    /// <summary>
    /// One rotary embedding for all layers: <c>rope_scaling</c> (transformers 4) replaces <c>rope_parameters</c> (transformers 5) altogether when it is not
    /// empty.
    /// </summary>
    public static RotaryPlan Read(JsonSection json, int headSize)
    {
        var theta = Theta(json, "rope_theta", DefaultTheta);
        if (json.Section("rope_scaling") is { } scaling) return Scaled(scaling, headSize, Theta(scaling, "rope_theta", theta));
        return json.Section("rope_parameters") is { } parameters
            ? Scaled(parameters, headSize, Theta(parameters, "rope_theta", theta))
            : new RotaryPlan(headSize, theta);
    }

    /// <summary>A rotary embedding whose type an object names; what it does not say, another one may.</summary>
    public static RotaryPlan Scaled(JsonSection section, int headSize, double theta, JsonSection? others = null)
    {
        var named = Names(section) || others is not { } other || !Names(other) ? section : other;
        var key = named.Has("rope_type") ? "rope_type" : "type";
        return named.Text(key) switch
        {
            null or "default" => new RotaryPlan(headSize, theta),
            "linear" => new RotaryPlan(headSize, theta, (section.Has("factor") ? section : others ?? section).Number("factor", null, 0, 1e6)),
            var unknown => throw named.Error(key, $"'{unknown}' is not supported; 'default' and 'linear' are"),
        };

        static bool Names(JsonSection keys) => keys.Has("rope_type") || keys.Has("type");
    }

    /// <summary>A base of frequencies.</summary>
    public static double Theta(JsonSection section, string key, double defaultValue) => section.Number(key, defaultValue, 0, 1e12);
}

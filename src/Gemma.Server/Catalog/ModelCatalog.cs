using Gemma.Runtime;
using Gemma.SemanticKernel;
using Gemma.Server.Errors;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Gemma.Server.Catalog;

/// <summary>The models that are served, by name. Names are keys of a table and never paths.</summary>
internal sealed class ModelCatalog
{
    private const string LatestTag = ":latest";

    private readonly Dictionary<string, ServedModel> _models = new(StringComparer.Ordinal);
    private readonly GemmaServerOptions _options;

    public ModelCatalog(IServiceProvider provider, IEnumerable<GemmaServiceKey> keys, IOptions<GemmaServerOptions> options)
    {
        _options = options.Value;
        List<ServedModel> models = [];
        foreach (var key in keys)
        {
            var id = key.Value ?? provider.GetRequiredService<IGemmaModelSource>().ModelId;
            var model = new ServedModel(id, key.Value, models.Count == 0, _options.LoadsAtStart, provider);
            if (_models.TryAdd(id, model)) models.Add(model);
        }

        Models = models;
        foreach (var (alias, target) in _options.Aliases)
        {
            if (!_models.TryGetValue(target, out var model))
            {
                throw new OptionsValidationException(nameof(GemmaServerOptions.Aliases), typeof(GemmaServerOptions),
                    [$"The alias '{alias}' names '{target}', which is no registered model: {string.Join(", ", Models.Select(known => known.Id))}."]);
            }
            _models.TryAdd(alias, model);
        }
    }

    /// <summary>In the order of registration; the first is the default.</summary>
    public IReadOnlyList<ServedModel> Models { get; }

    /// <summary>The model of a name; the first where the name is missing or empty.</summary>
    /// <exception cref="ApiException">There is no such model.</exception>
    public ServedModel Find(string? name)
    {
        if (string.IsNullOrEmpty(name)) return Models.Count > 0 ? Models[0] : throw ApiException.UnknownModel(string.Empty);
        return _models.GetValueOrDefault(name) ?? throw ApiException.UnknownModel(name);
    }

    /// <summary>The model of a name as Ollama's clients write it, which may end with <c>:latest</c>.</summary>
    /// <exception cref="ApiException">There is no such model.</exception>
    public ServedModel FindTag(string? name) =>
        Find(name is not null && !_models.ContainsKey(name) && name.EndsWith(LatestTag, StringComparison.Ordinal) ? name[..^LatestTag.Length] : name);

    /// <summary>
    /// The model and head of a name: a model's own name takes its only head, <c>model/head</c> one of its heads, and a head's name alone one of the first
    /// model's.
    /// </summary>
    /// <exception cref="ApiException">There is no such model.</exception>
    public (ServedModel Model, string? Head) FindHead(string? name)
    {
        if (string.IsNullOrEmpty(name) || _models.ContainsKey(name)) return (Find(name), null);
        var slash = name.LastIndexOf('/');
        if (slash > 0 && _models.TryGetValue(name[..slash], out var model)) return (model, name[(slash + 1)..]);
        return Models.Count > 0 ? (Models[0], name) : throw ApiException.UnknownModel(name);
    }
}

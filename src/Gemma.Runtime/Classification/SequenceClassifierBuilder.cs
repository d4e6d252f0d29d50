namespace Gemma.Runtime.Classification;

/// <summary>Puts behaviour around a classifier; what is added first is outermost.</summary>
public sealed class SequenceClassifierBuilder
{
    private readonly Func<IServiceProvider, ISequenceClassifier> _innerFactory;
    private readonly List<Func<ISequenceClassifier, IServiceProvider, ISequenceClassifier>> _layers = [];

    /// <summary>Starts with a classifier.</summary>
    /// <param name="innerClassifier">The innermost classifier.</param>
    public SequenceClassifierBuilder(ISequenceClassifier innerClassifier)
    {
        ArgumentNullException.ThrowIfNull(innerClassifier);
        _innerFactory = _ => innerClassifier;
    }

    /// <summary>Starts with a factory.</summary>
    /// <param name="innerClassifierFactory">Makes the innermost classifier.</param>
    public SequenceClassifierBuilder(Func<IServiceProvider, ISequenceClassifier> innerClassifierFactory)
    {
        ArgumentNullException.ThrowIfNull(innerClassifierFactory);
        _innerFactory = innerClassifierFactory;
    }

    /// <summary>Adds a layer.</summary>
    /// <param name="classifierFactory">Wraps the next inner classifier.</param>
    public SequenceClassifierBuilder Use(Func<ISequenceClassifier, ISequenceClassifier> classifierFactory)
    {
        ArgumentNullException.ThrowIfNull(classifierFactory);
        return Use((inner, _) => classifierFactory(inner));
    }

    /// <summary>Adds a layer that needs services.</summary>
    /// <param name="classifierFactory">Wraps the next inner classifier.</param>
    public SequenceClassifierBuilder Use(Func<ISequenceClassifier, IServiceProvider, ISequenceClassifier> classifierFactory)
    {
        ArgumentNullException.ThrowIfNull(classifierFactory);
        _layers.Add(classifierFactory);
        return this;
    }

    /// <summary>Adds default options, for calls that bring none.</summary>
    /// <param name="options">The options.</param>
    public SequenceClassifierBuilder UseDefaultOptions(ClassificationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Use(inner => new DefaultOptionsClassifier(inner, options));
    }

    /// <summary>Builds the classifier.</summary>
    /// <param name="services">Given to the factories, or null.</param>
    public ISequenceClassifier Build(IServiceProvider? services = null)
    {
        services ??= EmptyServices.Instance;
        var classifier = _innerFactory(services);
        for (var i = _layers.Count - 1; i >= 0; i--)
            classifier = _layers[i](classifier, services) ?? throw new InvalidOperationException($"Layer {i} of the classifier's pipeline made nothing.");
        return classifier;
    }

    private sealed class EmptyServices : IServiceProvider
    {
        public static EmptyServices Instance { get; } = new();

        public object? GetService(Type serviceType) => null;
    }
}

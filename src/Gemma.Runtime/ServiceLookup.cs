namespace Gemma.Runtime;

/// <summary>What every client over a model answers to <c>GetService</c>.</summary>
internal static class ServiceLookup
{
    /// <summary>The client's metadata, the client itself, the model's source, or the model if it is loaded; null for a key and for anything else.</summary>
    public static object? Find<TMetadata>(Type serviceType, object? serviceKey, object client, TMetadata? metadata, IGemmaModelSource source)
        where TMetadata : class
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(TMetadata) ? metadata
            : serviceType.IsInstanceOfType(client) ? client
            : serviceType.IsInstanceOfType(source) ? source
            : serviceType == typeof(GemmaModel) ? source.Loaded
            : null;
    }
}

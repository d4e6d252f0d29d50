using System.Globalization;

namespace Gemma.Server.OpenAI;

/// <summary>The calls of a conversation, by which results that have no id find theirs.</summary>
internal sealed class CalledFunctions
{
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);
    private readonly List<(string Id, string Name)> _open = [];
    private string _last = string.Empty;

    /// <summary>A call.</summary>
    /// <param name="id">Its id, or null.</param>
    /// <param name="name">The function.</param>
    /// <returns>Its id; one that no other has, where it had none.</returns>
    public string Call(string? id, string name)
    {
        if (id is null)
        {
            var number = _ids.Count;
            do id = string.Create(CultureInfo.InvariantCulture, $"call_{number++}");
            while (_ids.Contains(id));
        }

        _ids.Add(id);
        _open.Add((id, name));
        return _last = id;
    }

    /// <summary>A result.</summary>
    /// <param name="id">The id of its call; null: it belongs to the first one that has no result yet.</param>
    /// <param name="name">The function, or null: any.</param>
    /// <returns>The call's id.</returns>
    public string Answer(string? id, string? name) => Find(id, name) ?? id ?? Find(null, null) ?? _last;

    /// <summary>A result, which belongs to no call if none is like that.</summary>
    /// <param name="id">The id of its call; null: it belongs to the first one of the function that has no result yet.</param>
    /// <param name="name">The function, or null: any.</param>
    /// <returns>The call's id, or null.</returns>
    public string? Find(string? id, string? name)
    {
        var index = _open.FindIndex(call => id is null ? name is null || call.Name == name : call.Id == id);
        if (index < 0) return null;
        id = _open[index].Id;
        _open.RemoveAt(index);
        return id;
    }
}

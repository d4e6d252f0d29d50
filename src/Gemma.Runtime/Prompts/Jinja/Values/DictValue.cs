using Gemma.Runtime.Prompts.Jinja.Python;

namespace Gemma.Runtime.Prompts.Jinja.Values;

/// <summary>A dictionary that keeps the order of its keys. Never changed once it is in use.</summary>
internal sealed class DictValue : JinjaValue
{
    private const int IndexedFrom = 8;

    private readonly List<KeyValuePair<JinjaValue, JinjaValue>> _items = [];
    private Dictionary<JinjaValue, int>? _index;

    public IReadOnlyList<KeyValuePair<JinjaValue, JinjaValue>> Items => _items;

    public override string TypeName => "dict";

    public override bool IsTrue => _items.Count > 0;

    /// <summary>Sets a key while the dictionary is built. A key that is there keeps its place and its own text.</summary>
    /// <exception cref="JinjaException">The key cannot be one.</exception>
    public void Set(JinjaValue key, JinjaValue value)
    {
        ValueKey.Check(key);
        var place = IndexOf(key);
        if (place >= 0)
        {
            _items[place] = new(_items[place].Key, value);
            return;
        }

        _items.Add(new(key, value));
        if (_index is not null) _index.Add(key, _items.Count - 1);
        else if (_items.Count > IndexedFrom) _index = Index();
    }

    /// <summary>Sets a key that the template's side names.</summary>
    public void Set(string key, JinjaValue value) => Set(TextValue.FromTemplate(key), value);

    /// <summary>The value of a key, or null.</summary>
    public JinjaValue? Find(JinjaValue key) => IndexOf(key) is >= 0 and var place ? _items[place].Value : null;

    /// <summary>The value of a text key, or null.</summary>
    public JinjaValue? Find(string key)
    {
        if (_index is not null) return Find(TextValue.FromTemplate(key));
        foreach (var (own, value) in _items)
        {
            if (own is TextValue text && text.Length == key.Length && text.Flat == key) return value;
        }

        return null;
    }

    private int IndexOf(JinjaValue key)
    {
        if (_index is not null) return _index.TryGetValue(key, out var place) ? place : -1;
        for (var i = 0; i < _items.Count; i++)
        {
            var own = _items[i].Key;
            if (own is TextValue text && key is TextValue name ? text.Length == name.Length && text.Flat == name.Flat : ValueKey.Comparer.Equals(own, key))
                return i;
        }

        return -1;
    }

    private Dictionary<JinjaValue, int> Index()
    {
        var index = new Dictionary<JinjaValue, int>(ValueKey.Comparer);
        for (var i = 0; i < _items.Count; i++) index.Add(_items[i].Key, i);
        return index;
    }
}

namespace Gemma.Architecture.Tests;

/// <summary>Finds the groups of nodes that can each reach all others of the group.</summary>
internal static class Circles
{
    public static IReadOnlyList<string[]> Find(IEnumerable<(string From, string To)> edges)
    {
        var reach = edges.GroupBy(edge => edge.From).ToDictionary(group => group.Key, group => group.Select(edge => edge.To).ToHashSet());
        var nodes = reach.Keys.ToArray();
        bool grown;
        do
        {
            grown = false;
            foreach (var node in nodes)
            {
                var before = reach[node].Count;
                foreach (var next in reach[node].ToArray()) reach[node].UnionWith(reach.GetValueOrDefault(next) ?? []);
                grown |= reach[node].Count > before;
            }
        }
        while (grown);
        return [.. nodes.Where(node => reach[node].Contains(node))
            .GroupBy(node =>
                string.Join(',',
                    nodes.Where(other => reach[node].Contains(other) && reach.GetValueOrDefault(other)?.Contains(node) == true).Order(StringComparer.Ordinal)))
                    .Select(group => group.Order(StringComparer.Ordinal).ToArray())];
    }
}

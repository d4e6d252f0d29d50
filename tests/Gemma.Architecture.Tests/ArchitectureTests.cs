namespace Gemma.Architecture.Tests;

/// <summary>
/// The arrows of docs/architecture.md: rooms use only what stands before them, folders make no circles, projects and libraries stay where they belong.
/// </summary>
public sealed class ArchitectureTests
{
    public static TheoryData<string> Assemblies => [.. Rooms.Projects.Keys];

    public static TheoryData<string> OrderedAssemblies => [.. Rooms.Order.Keys];

    [Theory]
    [MemberData(nameof(OrderedAssemblies))]
    public void Rooms_UseOnlyWhatStandsBeforeThem(string assembly)
    {
        var order = Rooms.Order[assembly];
        var wrong = AssemblyReader.Read(assembly).Where(use => Turns(order, use)).Select(use => use.ToString()).ToArray();
        Assert.True(wrong.Length == 0, $"{wrong.Length} uses turn back:\n{string.Join('\n', wrong)}");
    }

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void Folders_MakeNoCircles(string assembly)
    {
        var edges = AssemblyReader.Read(assembly).Where(use => use.FromNamespace != use.ToNamespace).ToArray();
        var circles = Circles.Find(edges.Select(use => (use.FromNamespace, use.ToNamespace)).Distinct());
        var uses = edges.Where(use => circles.Any(circle => circle.Contains(use.FromNamespace) && circle.Contains(use.ToNamespace)));
        Assert.True(circles.Count == 0,
            $"{circles.Count} circles:\n{string.Join('\n', circles.Select(circle => string.Join(" <-> ", circle)))}\n{string.Join('\n', uses)}");
    }

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void Projects_KnowOnlyThoseBelowThem(string assembly) =>
        Assert.Empty(AssemblyReader.References(assembly).Where(Rooms.Projects.ContainsKey).Except(Rooms.Projects[assembly]));

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void Libraries_StayWhereTheyBelong(string assembly)
    {
        var wrong = AssemblyReader.References(assembly)
            .Where(name => Rooms.Libraries.Any(library => name.StartsWith(library.Key, StringComparison.Ordinal) && !library.Value.Contains(assembly)));
        Assert.Empty(wrong);
    }

    private static bool Turns(string[][] order, TypeUse use)
    {
        if (Rooms.Find(order, use.FromNamespace) is not { } from || Rooms.Find(order, use.ToNamespace) is not { } to) return false;
        return to.Line > from.Line || (to.Line == from.Line && to.Room != from.Room);
    }
}

using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;
using Gemma.SemanticKernel;

namespace Gemma.Benchmarks.Constraints;

/// <summary>.NET types whose schemas answers have to follow.</summary>
internal static class SchemaTypes
{
    /// <summary>Each scalar stands alone, in a list, an array, a dictionary and as something that may be missing.</summary>
    public static IEnumerable<SchemaCase> Cases()
    {
        foreach (var type in (Type[])[typeof(bool), typeof(sbyte), typeof(byte), typeof(short), typeof(ushort), typeof(int), typeof(uint), typeof(long),
            typeof(ulong), typeof(float), typeof(double), typeof(decimal), typeof(char), typeof(string), typeof(Guid), typeof(DateTime), typeof(DateTimeOffset),
            typeof(DateOnly), typeof(TimeSpan), typeof(Uri), typeof(Version), typeof(DayOfWeek), typeof(byte[])])
        {
            yield return Of(type);
            yield return Of(typeof(List<>).MakeGenericType(type));
            yield return Of(typeof(Dictionary<,>).MakeGenericType(typeof(string), type));
            yield return Of(type.MakeArrayType());
            yield return Of(typeof(Pair<>).MakeGenericType(type));
            if (type.IsValueType) yield return Of(typeof(Nullable<>).MakeGenericType(type));
        }

        foreach (var type in (Type[])[typeof(Person), typeof(Tree), typeof(Tree[]), typeof(Shape), typeof(List<Shape>), typeof(Limits), typeof(Annotated),
            typeof(int[][]), typeof(HashSet<int>), typeof((int, string)), typeof(JsonElement), typeof(Dictionary<string, List<Person>>),
            typeof(Pair<Pair<int>>)]) yield return Of(type);
    }

    private static SchemaCase Of(Type type) => new(type.ToString(), TypeSchema.Create(type), type);

    internal sealed record Pair<T>(T First, T? Second);

    internal sealed record Person(string Name, long? Age, DayOfWeek Favourite, bool IsHappy, Person? Friend, decimal Height = 1);

    internal sealed record Tree(string Label, List<Tree> Children, Dictionary<string, double> Weights);

    internal sealed record Limits([property: Range(-3, 120)] int Age, [property: Length(2, 5)] string Code, [property: Length(1, 3)] string[] Tags,
        [property: Range(0.5, 2.5)] double Share, [property: StringLength(200, MinimumLength = 1)] string Text);

    internal sealed record Annotated([property: RegularExpression("^[A-Z]{2}[0-9]+$")] string Code, [property: Base64String] string Data,
        [property: EmailAddress] string Mail, [property: Url] string Page, [property: AllowedValues("a", "b")] string Allowed,
        [property: DeniedValues("x")] string Denied);

    [JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
    [JsonDerivedType(typeof(Circle), "circle")]
    [JsonDerivedType(typeof(Square), "square")]
    internal abstract record Shape(string Name);

    internal sealed record Circle(string Name, double Radius) : Shape(Name);

    internal sealed record Square(string Name, double Side) : Shape(Name);
}

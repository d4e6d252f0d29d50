using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Gemma.Architecture.Tests;

/// <summary>Reads from compiled assemblies which type uses which: base types, members, attributes and the code of methods.</summary>
internal static class AssemblyReader
{
    /// <summary>Every use of one of our types by another.</summary>
    public static IReadOnlyList<TypeUse> Read(string assemblyName)
    {
        using var module = ModuleDefinition.ReadModule(Path.Combine(AppContext.BaseDirectory, assemblyName + ".dll"));
        HashSet<TypeUse> uses = [];
        foreach (var type in module.GetTypes().Where(type => !IsGenerated(type)))
        {
            var user = Outermost(type);
            foreach (var used in Used(type).SelectMany(Parts))
            {
                var outer = Outermost(used);
                if (outer.Namespace.StartsWith("Gemma", StringComparison.Ordinal) && outer.FullName != user.FullName)
                    uses.Add(new TypeUse(user.Namespace, user.Name, outer.Namespace, outer.Name));
            }
        }

        return [.. uses.OrderBy(use => use.ToString(), StringComparer.Ordinal)];
    }

    /// <summary>Names of the assemblies that an assembly needs.</summary>
    public static IReadOnlyList<string> References(string assemblyName)
    {
        using var module = ModuleDefinition.ReadModule(Path.Combine(AppContext.BaseDirectory, assemblyName + ".dll"));
        return [.. module.AssemblyReferences.Select(reference => reference.Name)];
    }

    private static bool IsGenerated(TypeDefinition type) =>
        Outermost(type).Namespace is "" or "System.Runtime.CompilerServices" || Outermost(type).Name.StartsWith('<');

    private static IEnumerable<TypeReference> Used(TypeDefinition type)
    {
        if (type.BaseType is { } parent) yield return parent;
        foreach (var contract in type.Interfaces) yield return contract.InterfaceType;
        foreach (var field in type.Fields) yield return field.FieldType;
        foreach (var method in type.Methods)
        {
            foreach (var used in Used(method)) yield return used;
        }
    }

    private static IEnumerable<TypeReference> Used(MethodDefinition method)
    {
        yield return method.ReturnType;
        foreach (var parameter in method.Parameters) yield return parameter.ParameterType;
        if (!method.HasBody) yield break;
        foreach (var variable in method.Body.Variables) yield return variable.VariableType;
        foreach (var instruction in method.Body.Instructions)
        {
            foreach (var used in Used(instruction)) yield return used;
        }
    }

    private static IEnumerable<TypeReference> Used(Instruction instruction)
    {
        switch (instruction.Operand)
        {
            case TypeReference type:
                yield return type;
                break;
            case FieldReference field:
                yield return field.DeclaringType;
                break;
            case MethodReference method:
                yield return method.DeclaringType;
                if (method is not GenericInstanceMethod generic) break;
                foreach (var argument in generic.GenericArguments) yield return argument;
                break;
        }
    }

    // An array's element, a generic type's arguments.
    private static IEnumerable<TypeReference> Parts(TypeReference type)
    {
        if (type is GenericInstanceType generic)
        {
            foreach (var part in generic.GenericArguments.SelectMany(Parts)) yield return part;
        }

        if (type.GetElementType() is { } element && !element.IsGenericParameter) yield return element;
    }

    private static TypeReference Outermost(TypeReference type)
    {
        while (type.DeclaringType is { } outer) type = outer;
        return type;
    }
}

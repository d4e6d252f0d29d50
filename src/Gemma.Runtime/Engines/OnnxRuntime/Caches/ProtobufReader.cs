using System.Text;

namespace Gemma.Runtime.Engines.OnnxRuntime.Caches;

/// <summary>Reads the fields of a protobuf message in their order. Source: protobuf's encoding.</summary>
/// <param name="message">The message.</param>
internal ref struct ProtobufReader(ReadOnlySpan<byte> message)
{
    private const int VariableNumber = 0;
    private const int EightBytes = 1;
    private const int Delimited = 2;
    private const int FourBytes = 5;

    private ReadOnlySpan<byte> _rest = message;

    /// <summary>The field's number.</summary>
    public int Field { get; private set; }

    /// <summary>The field with its number.</summary>
    public ReadOnlySpan<byte> Whole { get; private set; }

    /// <summary>The content of a text or a message; else empty.</summary>
    public ReadOnlySpan<byte> Content { get; private set; }

    /// <summary>A whole number; else 0.</summary>
    public long Number { get; private set; }

    /// <summary>The content as text.</summary>
    public readonly string Text => Encoding.UTF8.GetString(Content);

    /// <summary>Goes on to the next field.</summary>
    /// <returns>Whether there is one.</returns>
    /// <exception cref="InvalidDataException">The message is malformed.</exception>
    public bool Read()
    {
        if (_rest.IsEmpty) return false;
        var start = _rest;
        var tag = ReadNumber();
        Field = (int)(tag >> 3);
        Content = default;
        Number = 0;
        switch (tag & 7)
        {
            case VariableNumber:
                Number = (long)ReadNumber();
                break;
            case EightBytes:
                Take(sizeof(long));
                break;
            case Delimited:
                Content = Take(ReadNumber());
                break;
            case FourBytes:
                Take(sizeof(int));
                break;
            default:
                throw new InvalidDataException("a field has an unknown type");
        }

        Whole = start[..^_rest.Length];
        return true;
    }

    private ReadOnlySpan<byte> Take(ulong count)
    {
        if (count > (ulong)_rest.Length) throw new InvalidDataException("a field reaches beyond its message");
        var taken = _rest[..(int)count];
        _rest = _rest[(int)count..];
        return taken;
    }

    private ulong ReadNumber()
    {
        var number = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Take(1)[0];
            number |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) return number;
        }

        throw new InvalidDataException("a number has no end");
    }
}

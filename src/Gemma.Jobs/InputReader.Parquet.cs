namespace Gemma.Jobs;

internal abstract partial class InputReader
{
    static partial void OpenParquet(string path, string? textColumn, ref InputReader? reader) => reader = new ParquetTableReader(path, textColumn);
}

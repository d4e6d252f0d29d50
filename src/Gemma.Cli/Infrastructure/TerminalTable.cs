using Spectre.Console;

namespace Gemma.Cli.Infrastructure;

/// <summary>Tables that fit the terminal: the first column, names, is cut in its middle before any other loses a character.</summary>
internal static class TerminalTable
{
    public static Table Create(params string[] columns)
    {
        var table = new Table { Border = TableBorder.None };
        foreach (var column in columns) table.AddColumn(new TableColumn(Markup.Escape(column)) { NoWrap = true });
        return table;
    }

    public static void Add(Table table, params string[] cells) => table.AddRow([.. cells.Select(cell => new Text(cell) { Overflow = Overflow.Ellipsis })]);
}

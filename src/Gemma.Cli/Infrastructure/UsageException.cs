namespace Gemma.Cli.Infrastructure;

/// <summary>The command line or a line of input is wrong: exit code 2.</summary>
internal sealed class UsageException(string message, Exception? innerException = null) : Exception(message, innerException);

namespace Gemma.Jobs.Cluster;

/// <summary>A silo cannot do a job at all: its model is another one, or the work's options are wrong. Goes from silo to silo.</summary>
internal sealed class JobRefusedException(string message, Exception? innerException = null) : Exception(message, innerException);

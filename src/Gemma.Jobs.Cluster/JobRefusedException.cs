namespace Gemma.Jobs.Cluster;

/// <summary>A silo cannot do a job at all: its model is another one, or the work's options are wrong. Goes from silo to silo.</summary>
[GenerateSerializer]
[Alias("Gemma.Jobs.JobRefusedException")]
internal sealed class JobRefusedException : Exception
{
    public JobRefusedException(string message)
        : base(message)
    {
    }
}

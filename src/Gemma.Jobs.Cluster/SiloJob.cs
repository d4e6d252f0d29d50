namespace Gemma.Jobs.Cluster;

/// <summary>A job as a silo holds it.</summary>
internal sealed record SiloJob(JobSpec Spec, IReadOnlyList<JobPart> Parts, IJobStore Store, DateTime SpecTime, PartRunner Runner);

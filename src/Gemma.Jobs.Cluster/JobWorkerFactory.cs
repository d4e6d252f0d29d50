namespace Gemma.Jobs.Cluster;

/// <summary>Makes a silo's worker for a job; called once per job and silo.</summary>
/// <param name="job">The job: its work's name, model and options.</param>
/// <param name="cancellationToken">Stops the making.</param>
/// <returns>The worker.</returns>
/// <exception cref="GemmaException">This silo cannot do the job, as when its model is another one: the job ends, with this error.</exception>
public delegate Task<IJobWorker> JobWorkerFactory(JobDescription job, CancellationToken cancellationToken);

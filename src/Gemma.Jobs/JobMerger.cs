namespace Gemma.Jobs;

/// <summary>Checks that each record has one result, and joins the parts.</summary>
internal static class JobMerger
{
    public static async Task<JobVerification> VerifyAsync(JobSpec spec, IJobStore store, CancellationToken cancellationToken)
    {
        List<int> missing = [], broken = [];
        long lines = 0, total = 0, errors = 0;
        foreach (var part in spec.Parts())
        {
            total += part.Count;
            var file = store.OpenPart(part);
            if (file is null)
            {
                missing.Add(part.Number);
                continue;
            }

            await using (file.ConfigureAwait(false))
            {
                if (await PartCheck.CountErrorsAsync(file, part, cancellationToken).ConfigureAwait(false) is { } count)
                    (lines, errors) = (lines + part.Count, errors + count);
                else broken.Add(part.Number);
            }
        }

        return new JobVerification(lines, total, errors, missing, broken);
    }

    /// <summary>Joins the parts of a complete job.</summary>
    /// <exception cref="JobException">It is not complete.</exception>
    public static async Task<JobVerification> MergeAsync(JobSpec spec, IJobStore store, string path, CancellationToken cancellationToken)
    {
        var verified = await VerifyAsync(spec, store, cancellationToken).ConfigureAwait(false);
        if (verified.MissingParts.Count > 0)
        {
            throw new JobException(
                $"{verified.MissingParts.Count} parts are not done, the first is {JobPart.NameOf(verified.MissingParts[0])}: run the job again.");
        }
        if (verified.BrokenParts.Count > 0)
            throw new JobException($"{JobPart.NameOf(verified.BrokenParts[0])} is not what the job wrote: delete it and run the job again.");
        await WholeFile.WriteAsync(path, $"{path}.{Guid.NewGuid():N}.tmp", async output =>
        {
            foreach (var part in spec.Parts())
            {
                var file = store.OpenPart(part) ?? throw new JobException($"{part.Name} is gone.");
                await using (file.ConfigureAwait(false)) await file.CopyToAsync(output, cancellationToken).ConfigureAwait(false);
            }
        }).ConfigureAwait(false);
        return verified;
    }
}

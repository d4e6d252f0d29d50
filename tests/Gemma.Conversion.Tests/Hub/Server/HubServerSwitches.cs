namespace Gemma.Tests.Hub;

/// <summary>How the test's hub misbehaves. Numbers of times count down.</summary>
internal sealed class HubServerSwitches
{
    /// <summary>The token that opens everything; null asks for none.</summary>
    public string? Token { get; set; }

    /// <summary>The status, code and message of a refusal of files; also of the listing where <see cref="RefusesListing"/>.</summary>
    public (int Status, string? Code, string? Message)? Refusal { get; set; }

    public bool RefusesListing { get; set; }

    /// <summary>A path prefix that is answered with a relative 307 to the real one.</summary>
    public string? RenamedFrom { get; set; }

    /// <summary>Sends everything to the second port with an absolute 308, as a mirror does.</summary>
    public bool IsMirror { get; set; }

    /// <summary>Sends a file to this address.</summary>
    public string? RedirectFilesTo { get; set; }

    public bool NoHeaders { get; set; }

    public string? WrongCommit { get; set; }

    public bool PacksAlways { get; set; }

    public bool IgnoresRanges { get; set; }

    public bool RefusesRanges { get; set; }

    public bool NoLocation { get; set; }

    /// <summary>Sends so many bytes of a large file and then closes the connection.</summary>
    public int CutAfter { get; set; } = int.MaxValue;

    public int Cuts { get; set; }

    /// <summary>Sends some bytes of a large file and then nothing.</summary>
    public int Stalls { get; set; }

    /// <summary>Sends large files with a changed byte.</summary>
    public int Damages { get; set; }

    /// <summary>Sends large files with a byte too many.</summary>
    public int TooLong { get; set; }

    /// <summary>Answers signed addresses with 403.</summary>
    public int Expired { get; set; }

    /// <summary>Answers everything with this status.</summary>
    public (int Status, int Times) Fails { get; set; }

    public string? RateLimit { get; set; }

    public int PageSize { get; set; } = 1000;

    /// <summary>Declares this size for every large file.</summary>
    public long? DeclaredSize { get; set; }

    /// <summary>Another path for a file of the listing.</summary>
    public (string Path, string Listed)? Lists { get; set; }

    /// <summary>Lets a listing lack hashes.</summary>
    public bool NoHashes { get; set; }

    public string? Warning { get; set; }

    /// <summary>Waits before each piece of a large file.</summary>
    public TimeSpan Delay { get; set; }
}

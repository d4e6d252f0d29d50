namespace Gemma.Runtime.Generation.Constraints.Patterns;

/// <summary>The formats and encodings of strings that have a grammar, as regular expressions.</summary>
internal static class StringFormats
{
    private const string Octet = @"(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)";
    private const string Ipv4 = $@"{Octet}(\.{Octet}){{3}}";
    private const string Group = "[0-9A-Fa-f]{1,4}";

    // Shorter than names may be, and as long as names are.
    private const string Label = "[A-Za-z0-9](-?[A-Za-z0-9]){0,19}";
    private const string HostName = $@"({Label}\.){{1,3}}[A-Za-z]{{2,10}}";
    private const string Email = $@"[A-Za-z0-9](([._+-]|)[A-Za-z0-9]){{0,29}}@{HostName}";
    private const string UriCharacter = "([A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})";
    private const string UriEnd = $@"(\?({UriCharacter}|[/?])*)?(#({UriCharacter}|[/?])*)?";
    private const string Century = @"([1-2]\d)";

    // Leap years are those that 4 divides but for 1700, 1800, 1900, 2100, …, which 400 does not divide.
    private const string LeapYear = $@"({Century}(0[48]|[2468][048]|[13579][26])|(12|16|20|24|28)00)";
    private const string Date =
        $@"({Century}\d\d-((0[13578]|1[02])-(0[1-9]|[12]\d|3[01])|(0[469]|11)-(0[1-9]|[12]\d|30)|02-(0[1-9]|1\d|2[0-8]))|{LeapYear}-02-29)";
    private const string Time = @"([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,7})?";
    private const string DurationTime = @"T(\d{1,4}H(\d{1,4}M(\d{1,4}S)?)?|\d{1,4}M(\d{1,4}S)?|\d{1,4}S)";
    private const string DurationDate = @"(\d{1,4}Y(\d{1,4}M(\d{1,4}D)?)?|\d{1,4}M(\d{1,4}D)?|\d{1,4}D)";
    private const string Base64Tail = "([A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)";
    private const string Base64UrlTail = "([A-Za-z0-9_-][AQgw](==)?|[A-Za-z0-9_-]{2}[AEIMQUYcgkosw048]=?)";

    /// <summary>The expression of a format, or null if it has no grammar here.</summary>
    public static string? Pattern(string format) => format switch
    {
        "date" => $"^{Date}$",
        "time" => $"^{Time}$",
        "date-time" => $@"^{Date}T{Time}(Z|[+-](0\d|1[0-3]):[0-5]\d)$",
        "duration" => $"^P({DurationDate}({DurationTime})?|{DurationTime}|\\d{{1,4}}W)$",
        "uuid" => "^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$",
        "email" or "idn-email" => $"^{Email}$",
        "hostname" or "idn-hostname" => $"^({HostName}|{Label})$",
        "ipv4" => $"^{Ipv4}$",
        "ipv6" => $"^({Ipv6()})$",
        "uri" or "iri" =>
            $@"^((https?|ftp)://{HostName}(:[1-9]\d{{0,3}})?(/{UriCharacter}*)*{UriEnd}|mailto:{Email}|"
                + "urn:[a-z0-9]{2,20}:[A-Za-z0-9._:-]*[A-Za-z0-9])$",
        "uri-reference" or "iri-reference" =>
            $@"^(/?{UriCharacter.Replace(":", string.Empty, StringComparison.Ordinal)}+)(/{UriCharacter}*)*{UriEnd}$",
        "json-pointer" => "^(/([^/~]|~[01])*)*$",
        "byte" => Encoding("base64"),
        _ => null,
    };

    /// <summary>The expression of an encoding, or null if it has no grammar here.</summary>
    public static string? Encoding(string encoding) => encoding switch
    {
        "base64" => $"^([A-Za-z0-9+/]{{4}})*{Base64Tail}?$",
        "base64url" => $"^([A-Za-z0-9_-]{{4}})*{Base64UrlTail}?$",
        "base16" => "^([0-9A-Fa-f]{2})*$",
        _ => null,
    };

    /// <summary>Whether a format says nothing about which strings follow it.</summary>
    public static bool IsAnnotation(string format) =>
        format is "password" or "binary" or "string" or "text" or "char" or "markdown" or "html" or "multiline" or "textarea";

    private static string Ipv6()
    {
        List<string> forms = [$"{Group}(:{Group}){{7}}", "::"];
        for (var left = 0; left <= 6; left++)
        {
            // What "::" stands for, between so many groups on its left and up to seven in all.
            var before = left == 0 ? string.Empty : $"{Group}(:{Group}){{{left - 1}}}";
            forms.Add(left == 0 ? $"::{Group}(:{Group}){{0,6}}" : $"{before}::({Group}(:{Group}){{0,{6 - left}}})?");
        }

        return string.Join('|', forms);
    }
}

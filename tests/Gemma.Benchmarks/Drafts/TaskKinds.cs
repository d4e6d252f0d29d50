namespace Gemma.Benchmarks.Drafts;

/// <summary>Questions for tiny-gemma-it, by what they ask for.</summary>
internal static class TaskKinds
{
    /// <summary>The kind that is prose.</summary>
    public const string Prose = "story";

    private const string Functions = """
        You have access to functions. If you decide to invoke any of the function(s), you MUST put it in the format of
        {"name": function name, "parameters": dictionary of argument name and its value}

        You SHOULD NOT include any other text in the response if you call a function
        [{"name":"get_weather","description":"Gets the weather","parameters":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}}]


        """;

    /// <summary>The kinds, with some questions each.</summary>
    public static IReadOnlyList<(string Name, string[] Questions)> All { get; } =
    [
        (Prose, ["Tell me a story about a fox.", "Write a short story about a bear.", "I want a story about a cat called Mia.",
            "Tell me a tale about an owl."]),
        ("greeting", ["Hello!", "Good morning", "How are you?", "Thanks!"]),
        ("about itself", ["Who are you?", "What can you do?", "How were you trained?", "Are you a Google model?"]),
        ("fact", ["What is the capital of France?", "What color is the sky?", "What is the opposite of hot?", "How does a cow sound?"]),
        ("list of facts", ["List the days of the week.", "Name all months.", "What are the planets?", "Say the alphabet."]),
        ("unknown", ["Explain quantum physics to me.", "Who won the world cup in 1998?", "Write a program in Python.", "How do I cook rice?"]),
        ("sum", ["What is 12 + 30?", "What is 90 - 45?", "What is 7 times 8?", "Compute 20 + 15."]),
        ("repeat", ["Repeat after me: the sun is bright", "Repeat after me: a small green house", "Repeat after me: my dog likes water", "Say: the old tree"]),
        ("uppercase", ["Write house in uppercase.", "Write garden in uppercase.", "Write window in uppercase.", "Write river in uppercase."]),
        ("lowercase", ["Write HOUSE in lowercase.", "Write GARDEN in lowercase.", "Write WINDOW in lowercase.", "Write RIVER in lowercase."]),
        ("spelling", ["Spell the word garden.", "Spell: moth", "Spell the word window.", "Spell house."]),
        ("first letter", ["What is the first letter of banana?", "The word north starts with which letter?", "What is the first letter of house?",
            "What is the first letter of dog?"]),
        ("reversing", ["Reverse the list: apple, dog, sun", "Reverse the list: Rome, Paris, Oslo", "Reverse the list: 4, 8, 15, 16",
            "Put this list in reverse order: Cologne, Seville, Venice"]),
        ("counting words", ["How many words are in: the big red ball", "How many words are in: sun moon star", "How many words are in: one small step for man",
            "Count the words: green house"]),
        ("enumeration", ["Name three fruits.", "Name four animals.", "Name five colors.", "Name two drinks."]),
        ("numbered list", ["Write a numbered list of 4 animals.", "Write a numbered list of 5 fruits.", "Write a numbered list of three colors.",
            "Write a numbered list of five drinks."]),
        ("counting", ["Count to 20.", "Count from 1 to 13.", "Can you count to 16?", "Please count to 18."]),
        ("poem", ["Write a haiku about the moon.", "Write a poem about the sea.", "Give me a haiku about a tree, please.", "A haiku about snow, please."]),
        ("json", ["Extract the name, age and city as JSON: Tom is 41 years old and lives in Rome.",
            "Extract the name and city as JSON: My name is Anna, I am from Paris.", "Return JSON with name, age: I am Ben and I am 30 years old.",
            "Give me the name and job as JSON.\nThis is Eva. She works as a teacher."]),
        ("sentiment", ["What is the sentiment? Answer as JSON: I love this phone. It is great.", "Sentiment as JSON: The food was cold and bad.",
            "Classify the sentiment: the film was boring", "What is the sentiment of this review: I like this book"]),
        ("function", [Functions + "What is the weather in Paris?", Functions + "How is the weather in Oslo?", Functions + "Is it sunny in Rome?",
            Functions + "Hello!"]),
    ];
}

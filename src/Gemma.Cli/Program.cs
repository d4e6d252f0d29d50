Console.Error.WriteLine("error: no command");
return 2;

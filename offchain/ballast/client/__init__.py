"""What a program that deals with the protocol uses: its calls, typed, and its events, decoded."""

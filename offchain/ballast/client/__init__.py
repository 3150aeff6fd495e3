"""What a program that deals with the protocol uses: its events, decoded."""

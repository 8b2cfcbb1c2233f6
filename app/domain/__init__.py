"""What a chat is: plain data and pure functions of it."""

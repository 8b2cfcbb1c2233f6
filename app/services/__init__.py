"""What a user does, and the Protocols for what that needs."""

"""The program's dialogs. `app.ui.dialogs.opener` alone opens them, and answers with a future."""

"""Models as their authors would log them; MLflow runs these files by path."""

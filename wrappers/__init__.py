"""What runs beside a model or beside MLflow, in a process of its own. Imports no Qt."""

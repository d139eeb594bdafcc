"""A run in numbers, made from the warehouse: metrics, costs, and how two runs compare."""

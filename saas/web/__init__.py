"""Everything that shows or reads HTTP; what the business does lives in the packages below."""
